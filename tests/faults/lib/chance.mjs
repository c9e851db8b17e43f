// Chance that can be had again: the same seed gives the same choices (mulberry32).
export function chance(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  return { below: (limit) => Math.floor(next() * limit) };
}

// One after the other as from a shuffled pack of cards, which is shuffled again when it is used up: none is left out.
export function dealer(random, cards) {
  let pack = [];
  return () => {
    if (pack.length === 0) pack = [...cards];
    return pack.splice(random.below(pack.length), 1)[0];
  };
}

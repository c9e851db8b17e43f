/*
 * What happened in a trial, step by step on the picture: by buttons, or with the arrow keys, Home, End and the space bar while one of them has the focus.
 * Everything that is shown stands in the page without it, too.
 */
(() => {
  'use strict';
  const player = document.getElementById('player');
  const picture = document.querySelector('svg.bp');
  const lines = [...document.querySelectorAll('#trace li')];
  const shown = lines.filter((line) => !line.hidden);
  if (!player || !picture || shown.length === 0) return;

  const says = document.getElementById('player-says');
  const play = player.querySelector('[data-go=play]');
  const parts = new Map([...picture.querySelectorAll('[data-element]')].map((part) => [part.dataset.element, part]));
  const states = { entered: 'active', waits: 'active', left: 'done', taken: 'done', ended: 'done', cancelled: 'cancelled', incident: 'failed', failed: 'failed' };
  const all = ['active', 'done', 'cancelled', 'failed'].map((state) => `bp-${state}`);
  let at = shown.length - 1;
  let timer = 0;

  function show(step, isQuiet) {
    at = Math.max(0, Math.min(shown.length - 1, step));
    picture.classList.add('bp-playing');
    parts.forEach((part) => part.classList.remove(...all, 'bp-picked'));
    const end = lines.indexOf(shown[at]);
    for (let i = 0; i <= end; i += 1) {
      const part = parts.get(lines[i].dataset.element);
      const state = states[lines[i].dataset.what];
      if (part && state) {
        part.classList.remove(...all);
        part.classList.add(`bp-${state}`);
      }
    }
    const now = shown[at];
    shown.forEach((line) => line.removeAttribute('aria-current'));
    now.setAttribute('aria-current', 'step');
    if (!isQuiet) says.textContent = `${at + 1}/${shown.length} ${now.textContent.trim().replace(/\s+/g, ' ')}`;
    const part = parts.get(now.dataset.element);
    if (!part) return;
    part.classList.add('bp-picked');
    const frame = picture.parentElement;
    const box = part.getBoundingClientRect();
    const around = frame.getBoundingClientRect();
    if (box.left < around.left || box.right > around.right) frame.scrollLeft += box.left - around.left - (around.width - box.width) / 2;
    if (box.top < around.top || box.bottom > around.bottom) frame.scrollTop += box.top - around.top - (around.height - box.height) / 2;
  }

  function stop() {
    clearInterval(timer);
    timer = 0;
    play.setAttribute('aria-pressed', 'false');
  }

  function toggle() {
    if (timer) {
      stop();
      return;
    }
    if (at === shown.length - 1) show(0);
    play.setAttribute('aria-pressed', 'true');
    timer = setInterval(() => {
      show(at + 1);
      if (at === shown.length - 1) stop();
    }, 900);
  }

  const moves = { first: () => show(0), back: () => show(at - 1), next: () => show(at + 1), last: () => show(shown.length - 1) };
  const keys = { Home: 'first', ArrowLeft: 'back', ArrowRight: 'next', End: 'last' };
  const go = (name) => {
    if (name === 'play') {
      toggle();
      return;
    }
    stop();
    moves[name]();
  };
  player.addEventListener('click', (event) => {
    const button = event.target.closest('[data-go]');
    if (button) go(button.dataset.go);
  });
  player.addEventListener('keydown', (event) => {
    if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    go(keys[event.key]);
  });
  player.hidden = false;
  player.dataset.isReady = 'yes';
})();

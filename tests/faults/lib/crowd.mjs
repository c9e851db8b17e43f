// Many connections of one address at once that do not do what they should.
import net from 'node:net';

class Caller {
  constructor(port, address, says) {
    this.got = Buffer.alloc(0);
    this.isOpen = false;
    this.isOver = false;
    this.socket = net.connect({ port, host: '127.0.0.1', localAddress: address });
    this.socket.setNoDelay(true);
    this.socket.on('data', (piece) => {
      this.got = Buffer.concat([this.got, piece]);
    });
    this.socket.once('end', () => this.socket.destroy());
    this.socket.once('error', () => {}); // 'close' follows
    this.settled = new Promise((resolve) => {
      this.socket.once('connect', () => {
        this.isOpen = true;
        if (says) this.socket.write(says);
        resolve();
      });
      this.socket.once('close', () => {
        this.isOver = true;
        resolve();
      });
    });
  }

  get status() {
    return Number(/^HTTP\/1\.1 (\d{3}) /.exec(this.got.toString('latin1'))?.[1] ?? 0);
  }
}

const all = new Set();

export class Crowd {
  // Loopback is a whole network, so each crowd can have an address of its own.
  static async come(port, address, count, says) {
    const crowd = new Crowd();
    all.add(crowd);
    crowd.callers = Array.from({ length: count }, () => new Caller(port, address, says));
    await Promise.all(crowd.callers.map((each) => each.settled));
    return crowd;
  }

  trickle(byte = 'x', everyMs = 250) {
    this.timer = setInterval(() => {
      for (const each of this.callers) if (!each.isOver) each.socket.write(byte);
    }, everyMs);
  }

  stopReading() {
    for (const each of this.callers) each.socket.pause();
  }

  count(is) {
    return this.callers.filter(is).length;
  }

  get open() {
    return this.count((each) => !each.isOver);
  }

  // Also those whom a failed test has left standing.
  static async everybodyLeaves() {
    for (const crowd of all) await crowd.leave();
  }

  async leave() {
    all.delete(this);
    clearInterval(this.timer);
    const gone = this.callers.filter((each) => !each.isOver).map((each) => new Promise((resolve) => each.socket.once('close', resolve)));
    for (const each of this.callers) each.socket.destroy();
    await Promise.all(gone);
  }
}

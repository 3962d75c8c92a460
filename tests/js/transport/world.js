/** A clock that is moved by hand. */
function createClock() {
  const timers = new Map();
  let now = 0;
  let last = 0;
  return {
    setTimeout: (run, ms) => (timers.set(++last, { run, at: now + ms }), last),
    clearTimeout: (timer) => timers.delete(timer),
    /** Moves the clock, running what falls due in order, and lets promises settle. */
    async pass(ms) {
      const until = now + ms;
      for (;;) {
        await settle();
        const due = [...timers].filter(([, { at }]) => at <= until).sort(([, a], [, b]) => a.at - b.at)[0];
        if (!due) break;
        timers.delete(due[0]);
        now = due[1].at;
        due[1].run();
      }
      now = until;
      await settle();
    },
  };
}

/** The class of sockets that do what the test wants; those made are added to `made`. */
const socketClass = (made) =>
  class FakeSocket {
    constructor(url) {
      this.url = url;
      this.sent = [];
      made.push(this);
    }
    send(text) {
      this.sent.push(JSON.parse(text));
    }
    close() {
      this.closed = true;
    }
    open() {
      this.onopen();
    }
    deliver(event) {
      this.onmessage({ data: JSON.stringify(event) });
    }
    end(code = 1006) {
      this.onclose({ code });
    }
  };

class ForbiddenSocket {
  constructor() {
    throw new Error("forbidden by the page's policy");
  }
}

/** A world whose clock is moved by hand and whose sockets do what the test wants. */
export function world({ sockets = true, respond = async () => new Response(null, { status: 204 }) } = {}) {
  const { setTimeout, clearTimeout, pass } = createClock();
  const made = [];
  const asked = [];
  return {
    sockets: made,
    asked,
    get socket() {
      return made.at(-1);
    },
    parts: {
      WebSocket: sockets ? socketClass(made) : ForbiddenSocket,
      fetch: async (url, init = {}) => {
        asked.push({
          url,
          method: init.method ?? "GET",
          body: init.body && JSON.parse(init.body),
          headers: init.headers,
        });
        return respond(url, init);
      },
      setTimeout,
      clearTimeout,
      random: () => 0.5,
    },
    pass,
  };
}

export const settle = () => new Promise((resolve) => setImmediate(resolve));

/** A stream that stays open and delivers what the test wants. */
export function stream() {
  let controller;
  const body = new ReadableStream({ start: (given) => void (controller = given) });
  return {
    body,
    deliver: (event) => controller.enqueue(new TextEncoder().encode(`id: 1\ndata: ${JSON.stringify(event)}\n\n`)),
    end: () => controller.close(),
  };
}

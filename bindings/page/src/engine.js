// Asks the worker, so that typing never waits for the engine.

export class Engine {
  #worker = new Worker('worker.js', { type: 'module' });
  #waiting = new Map();
  #next = 0;

  constructor() {
    this.#worker.onmessage = ({ data: { id, ok, error } }) => {
      const { resolve, reject } = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error) reject(Object.assign(new Error(error.message), { help: error.help }));
      else resolve(ok);
    };
    this.#worker.onerror = () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('The engine could not be started. Reload the page.'));
      this.#waiting.clear();
    };
  }

  ask(question, request = {}) {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, question, request });
    });
  }
}

// The engine of lsrc: rules, records and params in, documents out. It reads no file and no network by itself.

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What could not be done, in words, and the way out. */
export class LsrcError extends Error {
  constructor(message, help) {
    super(message);
    this.name = 'LsrcError';
    this.help = help ?? null;
  }
}

/**
 * Loads the engine. `source` is the module's bytes, a Response, a URL or a compiled module; without one, the file beside this script.
 */
export async function load(source = new URL('./lsrc.wasm', import.meta.url)) {
  return new Engine(await compiled(source));
}

async function compiled(source) {
  const given = await source;
  if (given instanceof WebAssembly.Module) return given;
  if (given instanceof ArrayBuffer || ArrayBuffer.isView(given)) return WebAssembly.compile(given);
  if (typeof Response !== 'undefined' && given instanceof Response) return fromResponse(given);
  const url = new URL(given, import.meta.url);
  if (url.protocol === 'file:') {
    const files = globalThis.process?.getBuiltinModule?.('node:fs');
    if (!files) throw new LsrcError(`${url} cannot be read here`, 'load the bytes yourself and pass them to load()');
    return WebAssembly.compile(files.readFileSync(url));
  }
  return fromResponse(await fetch(url));
}

async function fromResponse(response) {
  if (!response.ok) throw new LsrcError(`${response.url} answers ${response.status}`, 'check the address of lsrc.wasm');
  return WebAssembly.compile(await response.arrayBuffer());
}

/** The engine. Every question is answered at once, on the thread that asks. */
export class Engine {
  #module;
  #exports;

  constructor(module) {
    this.#module = module;
  }

  /** Answers a question by its name. */
  ask(question, request = {}) {
    this.#exports ??= new WebAssembly.Instance(this.#module).exports;
    const { room, ask, answer, memory } = this.#exports;
    const name = encoder.encode(question);
    const body = encoder.encode(JSON.stringify(request, wellFormed));
    let text;
    try {
      const start = room(name.length + body.length);
      const bytes = new Uint8Array(memory.buffer, start, name.length + body.length);
      bytes.set(name);
      bytes.set(body, name.length);
      const length = ask(start, name.length, name.length + body.length);
      text = decoder.decode(new Uint8Array(memory.buffer, answer(), length));
    } catch (error) {
      throw this.#broken(error);
    }
    const { ok, error } = JSON.parse(text);
    if (error) throw new LsrcError(error.message, error.help);
    return ok;
  }

  /** A module that has failed is not asked again: the next question gets a new one. */
  #broken(error) {
    const { failure, failure_at: at, memory } = this.#exports;
    this.#exports = undefined;
    let about = '';
    try {
      const length = failure();
      about = decoder.decode(new Uint8Array(memory.buffer, at(), length));
    } catch {
      // The first error is all there is to say.
    }
    return new LsrcError(about || `the engine stopped: ${error.message}`, 'please report it with the rules and records that lead here');
  }

  check(rules) { return this.ask('check', rules); }
  fix(rules) { return this.ask('fix', rules); }
  format(text) { return this.ask('format', { text }); }
  model(rules) { return this.ask('model', rules); }
  ranges(rules) { return this.ask('ranges', rules); }
  test(rules) { return this.ask('test', rules); }
  score(request) { return this.ask('score', { as_of: now(), ...request }); }
  explain(request) { return this.ask('explain', { as_of: now(), ...request }); }
  hover(request) { return this.ask('hover', request); }
  complete(request) { return this.ask('complete', request); }
  actions(request) { return this.ask('actions', request).actions; }
  hints(request) { return this.ask('hints', request).hints; }
  words() { return this.ask('words').words; }
  version() { return this.ask('version').version; }
}

/** A half of a pair of code units, which JavaScript allows and nothing else does, counts as an unknown character. */
function wellFormed(_key, value) {
  return typeof value === 'string' && value.toWellFormed ? value.toWellFormed() : value;
}

function now() {
  return new Date().toISOString().slice(0, 19) + 'Z';
}

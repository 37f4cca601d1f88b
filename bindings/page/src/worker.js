// The engine, apart from the page. Where the page's server has no lsrc.wasm, the server answers the same questions.

import { load, LsrcError } from '../../wasm/index.js';

const engine = fetch('lsrc.wasm').then(async (response) => (response.ok ? load(response) : new Remote()));

class Remote {
  async ask(question, request) {
    const response = await fetch(`v1/playground/${question}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
    });
    const answer = await response.json().catch(() => null);
    if (!answer || !('ok' in answer || 'error' in answer)) {
      throw new LsrcError(answer?.detail ?? `The server answers ${response.status}.`, 'Is lsrc.wasm beside the page?');
    }
    if (answer.error) throw new LsrcError(answer.error.message, answer.error.help);
    return answer.ok;
  }
}

// One after the other, in the order in which they were asked.
let last = Promise.resolve();
onmessage = ({ data: { id, question, request } }) => {
  last = last.then(async () => {
    try {
      postMessage({ id, ok: await (await engine).ask(question, request) });
    } catch (error) {
      postMessage({ id, error: { message: error.message, help: error.help } });
    }
  });
};

// Serves dist/ for tests and for work on the page: node serve.mjs [PORT]. The engine is dist/lsrc.wasm, or the file that LSRC_WASM names.

import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const dist = join(dirname(fileURLToPath(import.meta.url)), 'dist');
const engine = process.env.LSRC_WASM ?? join(dist, 'lsrc.wasm');
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.wasm': 'application/wasm' };

/** A server on a free port; `seen` gets the path of each request. */
export function serve({ port = 0, seen = () => {} } = {}) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    seen(pathname);
    const name = pathname === '/' ? 'index.html' : pathname.slice(1);
    const path = name === 'lsrc.wasm' ? engine : join(dist, name);
    if (!/^[a-z]+\.(html|js|css|wasm)$/.test(name) || !existsSync(path)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': types[extname(name)], 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
    createReadStream(path).pipe(response);
  });
  return new Promise((resolve) => { server.listen(port, '127.0.0.1', () => resolve({ server, url: `http://127.0.0.1:${server.address().port}/` })); });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log((await serve({ port: Number(process.argv[2] ?? 8000) })).url);

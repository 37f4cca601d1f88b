// The state of the page in the fragment of its address, which no browser sends to a server.

const stream = async (bytes, through) => new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(through)).arrayBuffer());

export async function pack(state) {
  const bytes = await stream(new TextEncoder().encode(JSON.stringify(state)), new CompressionStream('deflate-raw'));
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** The state of a fragment; `null` where it is not one. */
export async function unpack(fragment) {
  try {
    const text = atob(fragment.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
    const state = JSON.parse(new TextDecoder().decode(await stream(bytes, new DecompressionStream('deflate-raw'))));
    return state && typeof state === 'object' ? state : null;
  } catch {
    return null;
  }
}

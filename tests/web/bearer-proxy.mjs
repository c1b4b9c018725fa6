// A local proxy that adds a token: the conformance suite has no option for one. Host and Origin go through
// untouched (the DNS rebinding scenario needs them), streams stream, a client that leaves is passed on.
import http from 'node:http';

/** Listens on a free port of the loopback interface; `close` ends it. */
export async function startProxy(upstream, token) {
  const { hostname, port } = new URL(upstream);
  const server = http.createServer((incoming, outgoing) => {
    const headers = { authorization: `Bearer ${token}`, ...incoming.headers };
    const options = { host: hostname, port, method: incoming.method, path: incoming.url, headers, setHost: false, agent: false };
    const request = http.request(options, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers);
      outgoing.flushHeaders();
      answer.pipe(outgoing);
      answer.on('error', () => outgoing.destroy());
    });
    request.on('error', (fault) => {
      if (!outgoing.headersSent) outgoing.writeHead(502);
      outgoing.end(String(fault));
    });
    outgoing.on('close', () => request.destroy());
    incoming.pipe(request);
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

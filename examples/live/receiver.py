#!/usr/bin/env python3
"""A receiver like a webhook of Slack: prints the text of what is posted to it. Ctrl-C stops."""
import http.server
import json


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        print(json.loads(body).get("text", body.decode()), flush=True)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    http.server.ThreadingHTTPServer(("127.0.0.1", 8091), Receiver).serve_forever()

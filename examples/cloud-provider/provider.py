"""A cloud for k8ts in a few lines: machines and load balancers that only this process knows.

Run it, then start the cloud controller manager against it:

    python3 provider.py --port 8090
    k8ts cloud-controller-manager --kubeconfig admin.kubeconfig \
        --cloud-provider=external --cloud-config=cloud.yaml

What each call has to answer is told in docs/how-to/cloud-provider.md. A real cloud asks its own API in each handler.
"""

import argparse
import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import ThreadingMixIn, UnixStreamServer

BODY_BYTES_MAX = 16 * 1024 * 1024


class Cloud:
    def __init__(self):
        self.lock = threading.Lock()
        self.balancers = {}
        self.next = 1

    def instance(self, node):
        return {
            "providerID": "sample://" + node["metadata"]["name"],
            "instanceType": "sample.small",
            "zone": "sample-1a",
            "region": "sample-1",
        }

    def ensure(self, service):
        uid = service["metadata"]["uid"]
        with self.lock:
            if uid not in self.balancers:
                self.balancers[uid] = {"ingress": [{"ip": "192.0.2.%d" % self.next}]}
                self.next += 1
            return self.balancers[uid]

    def find(self, service):
        return self.balancers.get(service["metadata"]["uid"])

    def delete(self, service):
        with self.lock:
            self.balancers.pop(service["metadata"]["uid"], None)


cloud = Cloud()

CALLS = {
    "instances/exists": lambda call: {"exists": True},
    "instances/shutdown": lambda call: {"shutdown": False},
    "instances/metadata": lambda call: {"metadata": cloud.instance(call["node"])},
    "load-balancers/get": lambda call: {"status": cloud.find(call["service"])},
    "load-balancers/ensure": lambda call: {"status": cloud.ensure(call["service"])},
    "load-balancers/update": lambda call: {},
    "load-balancers/delete": lambda call: cloud.delete(call["service"]) or {},
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path != "/v1/capabilities":
            return self.answer(404, {"message": "no such call: " + self.path})
        self.answer(200, {"version": "v1", "name": "sample", "instances": True, "loadBalancers": True, "routes": False})

    def do_POST(self):
        length = int(self.headers.get("content-length", 0))
        if length > BODY_BYTES_MAX:
            return self.answer(413, {"message": "too long"})
        body = self.rfile.read(length)
        call = CALLS.get(self.path.removeprefix("/v1/"))
        if call is None:
            return self.answer(404, {"message": "no such call: " + self.path})
        try:
            self.answer(200, call(json.loads(body)))
        except (KeyError, TypeError, ValueError) as error:
            self.answer(400, {"message": "not understood: %r" % error})

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class UnixServer(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--port", type=int, default=8090)
    options.add_argument("--socket", help="a unix socket instead of the port")
    wanted = options.parse_args()
    if wanted.socket:
        os.umask(0o177)
        server = UnixServer(wanted.socket, Handler)
        print("listening on %s" % wanted.socket, flush=True)
    else:
        server = ThreadingHTTPServer(("127.0.0.1", wanted.port), Handler)
        print("listening on port %d" % server.server_port, flush=True)
    server.serve_forever()

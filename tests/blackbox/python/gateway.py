"""Starts the real gateway for the Python tests: a port and a directory of its own, ended by its process id."""

import base64
import hashlib
import hmac
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
SIGNING_KEY = "a-signing-key-for-tests-of-more-than-32-bytes"
API_KEY = "backend-key-for-tests-0123456789abcdef"
READY_SECONDS = 30


def gateway_dll():
    candidates = [os.environ.get("GATEWAY_DLL")] + [
        str(REPOSITORY / f"src/Gateway.Host/bin/{kind}/net10.0/Gateway.Host.dll") for kind in ("Release", "Debug")
    ]
    for path in candidates:
        if path and os.path.exists(path):
            return path
    raise FileNotFoundError(f"Gateway.Host is not built; looked for {candidates}")


def token(**claims):
    def part(value):
        return base64.urlsafe_b64encode(value).rstrip(b"=")

    claims.setdefault("exp", int(time.time()) + 3600)
    text = part(json.dumps({"alg": "HS256", "typ": "JWT"}).encode()) + b"." + part(json.dumps(claims).encode())
    return (text + b"." + part(hmac.new(SIGNING_KEY.encode(), text, hashlib.sha256).digest())).decode()


class Gateway:
    def __init__(self, settings=None):
        self.directory = tempfile.mkdtemp(prefix="gateway-test-")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        environment = {k: v for k, v in os.environ.items() if not k.lower().startswith(("gateway__", "aspnetcore_"))}
        environment.update({
            "ASPNETCORE_ENVIRONMENT": "Development",
            "Gateway__Auth__SigningKey": SIGNING_KEY,
            "Gateway__Api__Keys__0": API_KEY,
            "Gateway__DataDir": os.path.join(self.directory, "data"),
            "Gateway__Limits__EventsPerSecond": "10000",
            "Gateway__Limits__EventBurst": "10000",
            **{f"Gateway__{key}": value for key, value in (settings or {}).items()},
        })
        self.log = open(os.path.join(self.directory, "log.txt"), "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            ["dotnet", gateway_dll(), "--urls", f"http://127.0.0.1:{self.port}"],
            cwd=self.directory, env=environment, stdout=self.log, stderr=subprocess.STDOUT)
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def _wait(self):
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                self.log.seek(0)
                raise RuntimeError("The gateway ended while starting:\n" + self.log.read()[-4000:])
            try:
                if self.http("GET", "/health/ready")[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.03)
        raise TimeoutError("The gateway was not ready.")

    def http(self, method, path, body=None, key=None, content_type="application/json"):
        headers = {"Content-Type": content_type} if body is not None else {}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=data, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def url(self, query="", path="/ws"):
        return f"ws://127.0.0.1:{self.port}{path}" + (f"?{query}" if query else "")

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.log.close()
        shutil.rmtree(self.directory, ignore_errors=True)

"""Hands user data to cloud-init's own splitter and reports what its handlers
would be called with: a list of [content type, file name, payload, headers that
steer] for each input. Input: a JSON object of base64 by name, output likewise."""
import base64, copy, json, logging, sys, tempfile

sys.path.append("/usr/lib/python3/dist-packages")
try:
    from cloudinit import handlers, helpers, user_data, util
except ImportError as e:
    sys.exit("cloud-init: " + str(e))
logging.disable(logging.CRITICAL)


class Fetched:
    code = 200

    def __init__(self, url):
        self.contents = ("#!/bin/sh\necho fetched from %s\n" % url).encode()

    def ok(self):
        return True


user_data.read_file_or_url = lambda url, **_: Fetched(url)


def parts(blob):
    calls = []

    def handle(_data, filename, payload, headers):
        steer = {k.lower(): v for k, v in headers.items() if k.lower() in ("launch-index", "merge-type", "x-merge-type")}
        if isinstance(payload, str):
            payload = payload.encode("utf-8", "surrogateescape")
        calls.append([headers["Content-Type"], filename, base64.b64encode(payload or b"").decode(), steer])

    with tempfile.TemporaryDirectory() as d:
        paths = helpers.Paths({"cloud_dir": d, "run_dir": d})
        message = user_data.UserDataProcessor(paths).process(blob)
        str(message)  # cloud-init keeps the processed message on disk
        handlers.walk(message, handle, data=None)
    return calls


out = {"version": __import__("cloudinit.version", fromlist=["x"]).version_string(), "parts": {}, "errors": {}}
for name, text in json.load(sys.stdin).items():
    try:
        out["parts"][name] = parts(base64.b64decode(text))
    except Exception as e:
        out["errors"][name] = "%s: %s" % (type(e).__name__, e)
json.dump(out, sys.stdout)

#!/usr/bin/env python3
"""provenance.py VERSION COMMIT TIME GO FILE… prints how the files were built.

An in-toto statement with SLSA's provenance predicate, version 1. Nobody signs it: it is worth what the channel's signature
over its hash is worth, and what a second build that gives the same hashes proves.
"""
import hashlib
import json
import os
import sys

version, commit, when, go, *files = sys.argv[1:]


def sha256(name):
    with open(name, "rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


print(json.dumps({
    "_type": "https://in-toto.io/Statement/v1",
    "subject": [{"name": os.path.basename(f), "digest": {"sha256": sha256(f)}} for f in files],
    "predicateType": "https://slsa.dev/provenance/v1",
    "predicate": {
        "buildDefinition": {
            "buildType": "autospotting:spotd/packaging/package.sh@v1",
            "externalParameters": {"version": version},
            "internalParameters": {"CGO_ENABLED": "0", "GOFLAGS": "", "SOURCE_DATE_EPOCH": os.environ["SOURCE_DATE_EPOCH"]},
            "resolvedDependencies": [
                {"name": "source", "digest": {"gitCommit": commit}},
                {"name": "go.sum", "digest": {"sha256": sha256("go.sum")}},
                {"name": go, "uri": "https://go.dev/dl/"},
                {"name": "nfpm", "uri": "pkg:golang/" + os.environ["NFPM"]},
                {"name": "cyclonedx-gomod", "uri": "pkg:golang/" + os.environ["CYCLONEDX"]},
            ],
        },
        "runDetails": {
            "builder": {"id": "autospotting:make-packages"},
            "metadata": {"startedOn": when, "finishedOn": when},
        },
    },
}, indent=1, sort_keys=True))

#!/usr/bin/env python3
"""generate.py writes limits.json: what AWS's own models say of the length, count, value and pattern of every input of
the operations that the product calls. The models are those of botocore (Apache License 2.0), as test/requirements.txt
pins it; only facts are taken from them. Run it from the repository's root with the emulator's environment:

    .cache/venv/bin/python pkg/awsmodel/generate.py

limits_test.go says so where an operation has no row yet.
"""
import gzip, json, os, re, subprocess
import botocore

NAMES = {"eventbridge": "events", "elasticloadbalancing": "elb", "elasticloadbalancingv2": "elbv2", "cloudwatchlogs": "logs", "servicequotas": "service-quotas", "vpclattice": "vpc-lattice"}


def called():
    """The operations of which Go code that is no test names the input, by the SDK's package."""
    found = {}
    for name in subprocess.check_output(["git", "ls-files", "-co", "--exclude-standard", "*.go"], text=True).split("\n"):
        if not name or not name.endswith(".go") or name.endswith("_test.go") or not os.path.exists(name):
            continue
        text = open(name, encoding="utf-8").read()
        # The one service of which the client is ours has it under the service's name.
        text = text.replace('"autospotting/pkg/beanstalk"', 'beanstalk "github.com/aws/aws-sdk-go-v2/service/elasticbeanstalk"')
        for alias, package in re.findall(r'(?m)^\s*(?:import\s+)?(\w+)?\s*"github.com/aws/aws-sdk-go-v2/service/(\w+)"', text):
            for op in re.findall(r"\b%s\.([A-Z]\w*)Input\b" % (alias or package), text):
                found.setdefault(package, set()).add(op)
    return found


def model(package):
    root = os.path.join(os.path.dirname(botocore.__file__), "data", NAMES.get(package, package))
    path = os.path.join(root, max(os.listdir(root)), "service-2.json")
    if os.path.exists(path):
        return json.load(open(path, encoding="utf-8"))
    return json.load(gzip.open(path + ".gz", "rt", encoding="utf-8"))


def re2(pattern):
    """The pattern in Go's words; None where Go has none for it (what looks around)."""
    if re.search(r"\(\?<?[=!]", pattern):
        return None
    pattern = pattern.replace("\\uD800\\uDC00-\\uDBFF\\uDFFF", "\\x{10000}-\\x{10FFFF}")
    return re.sub(r"\\u([0-9A-Fa-f]{4})", r"\\x{\1}", pattern)


class Rows:
    def __init__(self, m):
        self.shapes, self.protocol, self.rows = m["shapes"], m["metadata"]["protocol"], []

    def wire(self, name, ref):
        """The name of a member in a form, of the two protocols that send forms."""
        if self.protocol == "ec2":
            name = ref.get("queryName") or ref.get("locationName", name)
            return name[0].upper() + name[1:]
        return ref.get("locationName", name)

    def walk(self, ref, path, wire, required, seen):
        shape = self.shapes[ref["shape"]]
        row = {"path": path, "wire": wire, "type": shape["type"]}
        for key in ("min", "max", "pattern"):
            value = shape.get(key) if key != "pattern" else re2(shape.get(key, "(?="))
            if value is not None:
                row[key] = value
        if required:
            row["required"] = True
        if len(row) > 3:
            self.rows.append(row)
        if ref["shape"] in seen:
            return  # a shape that holds itself: its first levels are enough
        seen = seen | {ref["shape"]}
        if shape["type"] == "structure":
            for name, member in sorted(shape["members"].items()):
                self.walk(member, f"{path}.{name}".lstrip("."), f"{wire}.{self.wire(name, member)}".lstrip("."), name in shape.get("required", []), seen)
        elif shape["type"] == "list":
            flat = self.protocol == "ec2" or shape.get("flattened")
            self.walk(shape["member"], path + "[]", wire + (".#" if flat else ".member.#"), False, seen)
        elif shape["type"] == "map":
            self.walk(shape["key"], path + "{key}", wire + "{key}", False, seen)
            self.walk(shape["value"], path + "{}", wire + "{}", False, seen)


def main():
    out = {}
    for package, ops in sorted(called().items()):
        m = model(package)
        for op in sorted(ops):
            rows = Rows(m)
            if "input" in m["operations"][op]:
                rows.walk(m["operations"][op]["input"], "", "", False, frozenset())
            out.setdefault(package, {})[op] = rows.rows
    lines = []
    for package, ops in sorted(out.items()):
        inner = ",\n".join(f"  {json.dumps(op)}: [" + ("\n   " + ",\n   ".join(json.dumps(r) for r in rows) + "\n  " if rows else "") + "]" for op, rows in sorted(ops.items()))
        lines.append(f" {json.dumps(package)}: {{\n{inner}\n }}")
    with open("pkg/awsmodel/limits.json", "w", encoding="utf-8") as f:
        f.write("{\n" + ",\n".join(lines) + "\n}\n")


main()

"""renew.py PACKAGE MODULE… prints the part of the AWS provider's schema that Terraform modules use, as schema.json holds it.

PACKAGE is the unpacked npm package @cdktf/provider-aws, which is generated from the provider's own schema and says for each resource what
is required, optional and read-only, and of what type. MODULE are directories with .tf files. README.md has the command.
"""
import glob
import json
import os
import re
import sys

INTERFACE = re.compile(r"export interface (\w+)[^{]*\{(.*?)\n\}", re.S)
FIELD = re.compile(r"/\*\*(.*?)\*/\s*readonly (\w+)(\??): ([^;]+);", re.S)
USED = re.compile(r'^\s*(resource|data) "(aws_\w+)"', re.M)


def plain(kind):
    """The type without what cdktf adds."""
    return re.sub(r"\s+", " ", kind.replace("| cdktf.IResolvable", "")).strip()


def word(kind):
    simple = {"string": "string", "number": "number", "boolean": "bool", "string[]": "list(string)", "number[]": "list(number)"}
    if kind in simple:
        return simple[kind]
    return "map(string)" if "[key: string]: string" in kind or "StringMap" in kind else "any"


def interfaces(text):
    out = {}
    for name, body in INTERFACE.findall(text):
        fields = {}
        for doc, _, optional, kind in FIELD.findall(body):
            found = re.search(r"#(\w+) \w+#(\w+)\}", doc)
            if found:
                fields[found.group(2)] = (optional == "", plain(kind))
        out[name] = fields
    return out


def block(known, name):
    """What may stand in a block, by its interface. List blocks have no most."""
    attributes, blocks = {}, {}
    for field, (required, kind) in sorted(known[name].items()):
        inner = kind.removesuffix("[]")
        if inner in known:
            blocks[field] = {"least": int(required), "most": 0 if kind.endswith("[]") else 1, **block(known, inner)}
        else:
            attributes[field] = {"type": word(kind), "is": "required" if required else "optional"}
    return {"attributes": attributes, "blocks": blocks}


def snake(name):
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()


def read(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    kind = re.search(r'static readonly tfResourceType = "(\w+)"', text)
    config = re.search(r"export interface (\w+) extends cdktf.TerraformMetaArguments", text)
    if not kind or not config:
        return None, None
    out = block(interfaces(text), config.group(1))
    for getter, of in re.findall(r"get (\w+)\(\)(?::\s*([^;{]+))?", text[kind.start():]):
        name = snake(getter)
        if not name.endswith("_input") and name not in out["attributes"] and name not in out["blocks"]:
            out["attributes"][name] = {"type": word(plain(of or "any")), "is": "computed"}
    out["attributes"] = dict(sorted(out["attributes"].items()))
    return kind.group(1), out


def main():
    package, modules = sys.argv[1], sys.argv[2:]
    used = set()
    for module in modules:
        for path in glob.glob(os.path.join(module, "*.tf")):
            with open(path, encoding="utf-8") as file:
                used.update(USED.findall(file.read()))
    about = json.load(open(os.path.join(package, "package.json"), encoding="utf-8"))
    provider = about["cdktf"]["provider"]["version"]
    out = {"package": about["name"] + "@" + about["version"], "provider": provider, "resource": {}, "data": {}}
    for path in sorted(glob.glob(os.path.join(package, "lib", "*", "index.d.ts"))):
        section = "data" if os.path.basename(os.path.dirname(path)).startswith("data-") else "resource"
        kind, schema = read(path)
        if (section, kind) in used:
            out[section][kind] = schema
    missing = sorted(of + " " + kind for of, kind in used if kind not in out[of])
    if missing:
        sys.exit("not in the package: " + ", ".join(missing))
    json.dump(out, sys.stdout, indent=1)
    print()


main()

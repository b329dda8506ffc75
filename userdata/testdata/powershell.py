"""Parses PowerShell on standard input with the tree-sitter grammar and names each
place that is no PowerShell."""
import sys

try:
    import tree_sitter, tree_sitter_powershell
except ImportError as e:
    sys.exit("powershell: " + str(e))

source = sys.stdin.buffer.read()
tree = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language())).parse(source)


def walk(node):
    if node.type == "ERROR" or node.is_missing:
        line = node.start_point[0]
        print("line %d: %s: %s" % (line + 1, node.type, source.splitlines()[line].decode()))
    for child in node.children:
        walk(child)


walk(tree.root_node)

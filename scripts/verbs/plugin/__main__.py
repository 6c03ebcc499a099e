"""scripts/plugin [FOLDER]: write what a ChatGPT plugin and its submission need."""

import os
import shutil
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from scripts.verbs.plugin import listing, package, submission, tools
from scripts.verbs.processes import ROOT, Failed
from service.settings import SettingsError

_OURS = ROOT / ".local" / "plugin"


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when it is written; 1, and why on stderr, when it is not. Wrong usage exits with 2."""
    chosen = parse(arguments)
    try:
        offered = listing.read(
            os.environ, name=chosen.name, support=chosen.support_url, terms=chosen.terms_url, logo=_logo(chosen.logo)
        )
        _write(chosen.folder, offered)
    except (Failed, SettingsError, OSError) as refused:
        print(f"scripts/plugin: {refused}", file=sys.stderr)
        return 1
    print("\nLeft for you:", *(f"* {what}" for what in submission.left(offered)), sep="\n")
    return 0


def _write(folder: Path, offered: listing.Listing) -> None:
    """All files, made before the first one is written. Raises `Failed` where the folder has any that are not ours."""
    plugin, described = package.files(offered), tools.described()
    archive = f"{offered.name}-{offered.version}.zip"
    made = {f"{offered.name}/{path}": content for path, content in plugin.items()}
    made |= {
        archive: package.pack(plugin),
        "tools.json": package.as_json({"tools": described}),
        "chatgpt-app-submission.json": package.as_json(submission.form(offered, described)),
        "submission.md": submission.page(offered, described, archive).encode(),
    }
    if folder == _OURS:
        shutil.rmtree(folder, ignore_errors=True)
    elif folder.exists() and any(folder.iterdir()):
        raise Failed(f"{folder} is not empty: name a new folder, or empty this one.")
    for path, content in made.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
        print(folder / path)


def _logo(path: Path | None) -> bytes | None:
    return path.read_bytes() if path else None


def parse(arguments: Sequence[str] | None) -> Namespace:
    """The arguments by name. Prints what is wrong with them and exits with 2."""
    parser = ArgumentParser(
        prog="scripts/plugin",
        description="Write what a ChatGPT plugin and its submission need. "
        "PUBLIC_URL, APP_NAME, COMPANY and CONTACT are those of the service.",
    )
    parser.add_argument("folder", metavar="FOLDER", nargs="?", type=Path, default=_OURS)
    parser.add_argument("--name", help="the plugin's name for machines; made from APP_NAME if not given")
    parser.add_argument("--support-url", metavar="URL", help="where people find help; CONTACT, if that is a page")
    parser.add_argument("--terms-url", metavar="URL", help="your terms of service")
    parser.add_argument("--logo", metavar="FILE", type=Path, help="a square PNG of 48 to 4096 pixels")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())

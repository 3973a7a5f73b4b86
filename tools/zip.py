"""Puts a file into a zip as a function's `bootstrap`. The same file gives the same zip, whenever it is made."""

import sys
import zipfile


def main(program, archive):
    entry = zipfile.ZipInfo("bootstrap", date_time=(1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o100755 << 16
    with open(program, "rb") as source, zipfile.ZipFile(archive, "w", compresslevel=9) as out:
        out.writestr(entry, source.read())


if __name__ == "__main__":
    main(*sys.argv[1:])

#!/bin/sh
# Makes the embedded fonts: Inter from the npm registry, cut to the characters that we print.
# Needs npm, python3 with venv, and tar. Run it from anywhere; it writes beside itself:
# one .ttf and one .woff2 per weight, of the same characters and features, and the licence.
set -eu

INTER=4.1.1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

npm pack --silent "inter-ui@$INTER" >/dev/null
tar xzf "inter-ui-$INTER.tgz"
python3 -m venv venv
venv/bin/pip install --quiet fonttools==4.60.1 brotli==1.1.0

# Latin with Latin-1, Extended-A and the letters of Romanian and Vietnamese dong; Greek; Cyrillic; general
# punctuation; currency signs; arrows, geometric shapes and check marks as far as Inter draws them.
characters=U+0020-007E,U+00A0-017F,U+018F,U+0192,U+0218-021B,U+02C6,U+02C7,U+02D8-02DD,U+0300-0304,U+0306-030C
characters=$characters,U+0327,U+0328,U+0384-03CE,U+0400-045F,U+0490-0493,U+1E9E,U+2010-2026,U+2030,U+2032,U+2033
characters=$characters,U+2039,U+203A,U+2044,U+2070,U+2074-2079,U+20A0-20C0,U+2116,U+2122,U+2190-2199,U+2212
characters=$characters,U+221E,U+2248,U+2260,U+2264,U+2265,U+25A0,U+25A1,U+25B2,U+25B3,U+25B6,U+25B7,U+25BC
characters=$characters,U+25BD,U+25C6,U+25C7,U+25CB,U+25CF,U+2713,U+2717,U+26A0

for weight in Regular Medium SemiBold; do
  # All name records stay: resvg finds the weight by family name, and without it SemiBold falls back to Regular.
  for flavor in ttf woff2; do
    option=""
    [ "$flavor" = woff2 ] && option="--flavor=woff2"
    # shellcheck disable=SC2086
    venv/bin/pyftsubset "package/web/Inter-$weight.woff2" --unicodes="$characters" \
      --layout-features=kern,mark,mkmk,ccmp,locl,tnum --name-IDs='*' --no-hinting --desubroutinize --notdef-outline \
      $option --output-file="$here/Inter-$weight.$flavor"
  done
done
# resvg knows no font-feature-settings, so in its files the digits are the tabular ones; the web asks for them in CSS.
venv/bin/python - "$here" <<'PYTHON'
import sys
from fontTools.ttLib import TTFont

for weight in ("Regular", "Medium", "SemiBold"):
    path = f"{sys.argv[1]}/Inter-{weight}.ttf"
    font = TTFont(path)
    gsub = font["GSUB"].table
    tabular = {}
    for record in gsub.FeatureList.FeatureRecord:
        if record.FeatureTag == "tnum":
            for index in record.Feature.LookupListIndex:
                for table in gsub.LookupList.Lookup[index].SubTable:
                    tabular.update(getattr(table, "ExtSubTable", table).mapping)
    for table in font["cmap"].tables:
        for character in map(ord, "0123456789"):
            name = table.cmap[character]
            table.cmap[character] = tabular.get(name, name)  # tables may share one map
    font.save(path)
PYTHON
cp package/LICENSE.txt "$here/LICENSE.txt"

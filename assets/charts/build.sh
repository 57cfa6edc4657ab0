#!/bin/sh
# Bundles src/main.js into ../js/charts.js, which is committed so that building etsm needs no Node.
set -eu
cd "$(dirname "$0")"
npm ci --no-audit --no-fund
npx esbuild src/main.js --bundle --minify --format=iife --target=es2020 --legal-comments=none \
  --banner:js='/*! Apache ECharts (Apache-2.0), zrender (BSD-3-Clause), tslib (0BSD): see assets/charts/NOTICE. */' \
  --outfile=../js/charts.js
gzip -9 -c ../js/charts.js | wc -c

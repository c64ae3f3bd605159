#!/usr/bin/env -S MALLOC_ARENA_MAX=1 node --max-semi-space-size=8
'use strict';
const { existsSync } = require('node:fs');
const path = require('node:path');

const main = path.join(__dirname, '..', 'dist', 'agent', 'src', 'main.js');
if (existsSync(main)) {
  require(main);
} else {
  process.stderr.write(
    `Expected the compiled agent at ${main}, found nothing. In a clone, run "npm run build:agent" first; ` +
      'a package without it was packed with scripts switched off: pack it again with "npm run pack:agent".\n',
  );
  process.exitCode = 1;
}

// The first import of every entry point, in JavaScript that an old Node.js can load, so that it reaches the sentence.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    `cameleer needs Node.js 24 or later; this is ${process.versions.node}. On Linux, run it through npm (\`npm start\`, \`npx cameleer\`) ` +
      'after `npm ci`, which brings its own Node.js; elsewhere install Node.js 24.',
  );
  process.exit(1);
}

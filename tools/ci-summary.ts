// Adds up the JSON reports of the test lanes in a folder and prints the closing line `N passed, N failed`.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numFailedTestSuites: number;
  readonly success: boolean;
}

const directory = process.argv[2] ?? '.cache/ci';
const reports = readdirSync(directory)
  .filter((file) => file.endsWith('.json'))
  .map((file) => JSON.parse(readFileSync(join(directory, file), 'utf8')) as Report);
const passed = reports.reduce((sum, report) => sum + report.numPassedTests, 0);
// A file that fails to load has no failed test but a failed suite.
const failed = reports.reduce((sum, report) => sum + Math.max(report.numFailedTests, report.success ? 0 : 1), 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

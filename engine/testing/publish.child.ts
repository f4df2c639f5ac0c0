// Publishes a tenant of the repository in argv[2] into the folder in argv[3], and prints the ids of its commits, newest first.
import { openEngine } from '../index.ts';
import { key } from './fixture.ts';
import { stockGit } from './stock-git.ts';

const [directory = '', publications = '', tenant = ''] = process.argv.slice(2);
const engine = await openEngine({ directory, publications, signingKey: key.private, authorize: () => {}, now: () => new Date() });
const folder = await engine.publication({ tenant });
console.log(stockGit(folder ?? '', ['rev-list', 'main']));
await engine.close();

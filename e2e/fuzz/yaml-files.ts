import { pick, type Random } from '../../api/testing/fuzz-git.ts';
import { validateState } from '../../schemas/index.ts';
import { exampleFiles, rawFile } from '../../schemas/testing/example-state.ts';
import { mutateYaml } from './mutate-yaml.ts';
import { misread } from './second-reader.ts';
import type { Outcome, Target, TargetMaker } from './target.ts';

interface Input {
  readonly path: string;
  readonly base64: string;
}

/** Files of every kind → the rules, offline. */
export const yamlFiles: TargetMaker = {
  name: 'yaml-files',
  share: 45,
  reaches: ['valid', 'not_utf8', 'yaml_syntax'],
  async open(): Promise<Target<Input>> {
    const files = (await exampleFiles()).filter(({ path }) => path.endsWith('.yaml'));
    const platform = files.filter(({ path }) => !path.startsWith('tenants/'));
    const ofTenant = (path: string) => files.filter((file) => file.path.startsWith(path.split('/').slice(0, 3).join('/')));
    return {
      name: 'yaml-files',
      make(random: Random) {
        const { path, bytes } = pick(random, files);
        return { path, base64: mutateYaml(Buffer.from(bytes ?? []), random).toString('base64') };
      },
      play({ path, base64 }) {
        const others = (path.startsWith('tenants/') ? [...platform, ...ofTenant(path)] : platform).filter((file) => file.path !== path);
        const bytes = Buffer.from(base64, 'base64');
        return Promise.resolve(judge([...others, rawFile(path, bytes)], misread(bytes)));
      },
      inspect: () => Promise.resolve([]),
      close: () => Promise.resolve(),
    };
  },
};

function judge(files: Parameters<typeof validateState>[0], unlike: string | undefined): Outcome {
  const problems = validateState(files);
  const misplaced = problems.find(({ code, message, line, column }) => code === '' || message === '' || line < 1 || column < 1);
  const answer = problems.find(({ severity }) => severity === 'error')?.code ?? 'valid';
  if (misplaced !== undefined) return { answer, fault: `A problem without a code, words or a place: ${JSON.stringify(misplaced)}` };
  return unlike === undefined ? { answer } : { answer, fault: unlike };
}

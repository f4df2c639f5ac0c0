import { describe, expect, it } from 'vitest';
import { commonSchema, compileSchema, kindSchemas } from './compile.ts';

describe('compileSchema', () => {
  const check = compileSchema({
    type: 'object', additionalProperties: false, required: ['release'],
    properties: {
      release: { $ref: 'https://cameleer.io/schemas/v1/common.schema.json#/$defs/releaseName' },
      limit: { $ref: 'https://cameleer.io/schemas/v1/common.schema.json#/$defs/limit' },
      names: { type: 'array', uniqueItems: true, minItems: 2, items: { type: 'string' } },
      mode: { enum: ['fast', 'slow'] },
    },
  });
  const found = (value: unknown) => check(value).map((problem) => `${problem.code} ${problem.pointer} ${problem.at}`);

  it('answers nothing for what is valid, also by a kind\'s shared definitions', () => {
    expect(check({ release: 'v1', limit: 'unlimited', names: ['a', 'b'], mode: 'fast' })).toEqual([]);
  });

  it('answers every mistake once', () => {
    expect(found({ releas: 'v1', limit: 'many', names: ['a'], mode: 'fsat' })).toEqual([
      'field_missing /release value', 'field_unknown /releas key', 'field_value /limit value', 'field_range /names value', 'field_value /mode value',
    ]);
    expect(found({ release: 'v1', names: ['a', 'a'] })).toEqual(['field_repeated /names/0 value']);
    expect(found(null)).toEqual(['field_type  value']);
  });

  it('names what was most likely meant', () => {
    expect(check({ release: 'v1', mod: 'fast' })[0]?.message).toContain('`mode`');
    expect(check({ release: 'v1', mode: 'fsat' })[0]?.message).toContain('`fast`');
  });

  it('never repeats the value of a Secret that was left in clear', () => {
    const schema = kindSchemas.get('Secret');
    if (schema === undefined) throw new Error('There is no kind Secret.');
    for (const value of ['hunter2', 424242, ['hunter2'], { hunter2: true }]) {
      const problems = compileSchema(schema)({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a', namespace: 't-a--b' }, stringData: { key: value } });
      expect(problems.some((problem) => problem.pointer === '/stringData/key')).toBe(true);
      expect(JSON.stringify(problems)).not.toMatch(/hunter2|424242/);
    }
  });

  it('takes a wrong schema for its caller\'s bug', () => {
    expect(() => compileSchema({ type: 'objekt' })).toThrow(TypeError);
    expect(() => compileSchema({ $ref: 'https://cameleer.io/schemas/v1/nothing.schema.json' })).toThrow(TypeError);
  });

  it('knows twenty kinds and their shared definitions', () => {
    expect(kindSchemas.size).toBe(20);
    expect(Object.keys(commonSchema['$defs'] as object)).toContain('tenantId');
  });
});

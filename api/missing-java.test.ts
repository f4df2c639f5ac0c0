import { expect, it } from 'vitest';
import { missingJava } from './missing-java.ts';

it('looks for Java where the runner does', () => {
  expect(missingJava({ PATH: '/nowhere' }, undefined)).toHaveLength(1);
  expect(missingJava({ PATH: '/nowhere', JAVA_HOME: '/nowhere' }, undefined)).toHaveLength(1);
  expect(missingJava({ PATH: '/nowhere' }, process.execPath)).toEqual([]);
});

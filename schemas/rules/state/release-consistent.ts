import { problemAt, type StateRule } from '../rule.ts';

/** A release says the same thing everywhere: name, tag, JAR, repository; and its JAR is no larger than the tier allows. */
export const releaseConsistent: StateRule = {
  codes: ['release_tag_mismatch', 'release_repository_mismatch', 'jar_over_limit'],
  * check({ tenant, limits }) {
    for (const { name: application, releases } of tenant.applications.values()) {
      for (const [name, release] of releases) {
        const { tag, jar, image } = release.object.spec;
        const expected = `${name}-${jar.sha256.slice(0, 12)}`;
        if (tag !== expected) yield problemAt(release, '/spec/tag', 'release_tag_mismatch', `The tag is \`${tag}\`, but name and JAR make \`${expected}\`. A release is made by the builder and never edited: upload the JAR again.`);
        const repository = `${tenant.id}/${application}`;
        if (image.repository !== repository) yield problemAt(release, '/spec/image/repository', 'release_repository_mismatch', `The image is in \`${image.repository}\`, but this application's repository is \`${repository}\`. Upload the JAR to this application.`);
        if (limits !== undefined && jar.size > limits.jarMiB * 1024 * 1024) {
          yield problemAt(release, '/spec/jar/size', 'jar_over_limit', `The JAR has ${Math.ceil(jar.size / 1024 / 1024)} MiB, and the tier \`${limits.tier}\` allows ${limits.jarMiB}. Make it smaller, or choose a higher tier.`);
        }
      }
    }
  },
};

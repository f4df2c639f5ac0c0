import { seeded } from '../../api/testing/fuzz-git.ts';
import { makeSeed, mutateObjects, packOf, readBase, type Seed } from './git-objects.ts';
import { FuzzedPlane } from './plane.ts';
import type { Outcome, Target, TargetMaker } from './target.ts';

/** The same objects in a pack that is well made → the Git server. */
export const treesPushed: TargetMaker = {
  name: 'trees-pushed',
  share: 5,
  reaches: ['ok', 'the state would be invalid'],
  async open(): Promise<Target<Seed>> {
    const plane = await FuzzedPlane.open();
    const base = readBase(plane.served.plane.stores.stateRepository, 'tenants/ac/acme/environments/dev/environment.yaml');
    return {
      name: 'trees-pushed',
      make: makeSeed,
      async play({ seed }): Promise<Outcome> {
        const { objects, tip } = mutateObjects(base, seeded(seed));
        const command = `${base.commit} ${tip} refs/heads/main\0report-status agent=fuzz`;
        const body = Buffer.concat([Buffer.from(`${(command.length + 4).toString(16).padStart(4, '0')}${command}0000`), packOf(objects)]);
        const reply = await plane.send({ method: 'POST', path: '/git/state.git/git-receive-pack', headers: { authorization: `Bearer ${plane.served.operator}`, 'content-type': 'application/x-git-receive-pack-request' }, body });
        const text = reply?.body.toString() ?? '';
        const taken = text.includes('ok refs/heads/main');
        const reason = /ng refs\/heads\/main ([^\n]*)/.exec(text)?.[1];
        const answer = taken ? 'ok' : (reason?.replaceAll(/[0-9a-f]{10,}|tenants\/\S+/g, '…').slice(0, 70) ?? `${reply?.status ?? 'none'}`);
        if (reply === undefined || reply.status >= 500 || text.includes('on our side')) return { answer, fault: text };
        if (!taken && (reason === undefined || reason === '')) return { answer, fault: `Refused without a reason: ${text}` };
        if (!taken) return plane.main() === base.commit && plane.head === base.commit ? { answer } : { answer, fault: 'Refused, and written all the same.' };
        if (plane.main() !== tip) return { answer, fault: 'Told that it was taken, and main is elsewhere.' };
        const fault = await plane.judgeTaken();
        return fault === undefined ? { answer } : { answer, fault };
      },
      inspect: () => Promise.resolve(plane.inspect()),
      close: () => plane.close(),
    };
  },
};

import { didYouMean } from '../../nearest.ts';
import type { Problem } from '../../problem.ts';
import type { Loaded } from '../../state.ts';
import { problemAt, type StateRule } from '../rule.ts';

/** The owner team exists; names and numbers of ports occur once; probes look at declared ports. */
export const applicationConsistent: StateRule = {
  codes: ['team_unknown', 'port_repeated', 'port_unknown'],
  * check({ tenant }) {
    for (const { application } of tenant.applications.values()) {
      const { team } = application.object.spec;
      if (team !== undefined && !tenant.teams.has(team)) {
        yield problemAt(application, '/spec/team', 'team_unknown', `There is no team \`${team}\`.${didYouMean(team, tenant.teams.keys())} Name one that exists, or add it under teams/.`);
      }
      yield* checkPorts(application);
    }
  },
};

function* checkPorts(application: Loaded<'Application'>): Iterable<Problem> {
  const names = new Set<string>();
  const numbers = new Set<number>();
  for (const [index, { name, port }] of (application.object.spec.ports ?? []).entries()) {
    if (names.has(name)) yield problemAt(application, `/spec/ports/${index}/name`, 'port_repeated', `The port name \`${name}\` stands here twice. Rename one.`);
    if (numbers.has(port)) yield problemAt(application, `/spec/ports/${index}/port`, 'port_repeated', `The port ${port} stands here twice. Remove one.`);
    names.add(name);
    numbers.add(port);
  }
  for (const [kind, probe] of Object.entries(application.object.spec.probes ?? {})) {
    if (!names.has(probe.port)) {
      yield problemAt(application, `/spec/probes/${kind}/port`, 'port_unknown', `No port is named \`${probe.port}\`.${didYouMean(probe.port, names)} Name a port of spec.ports, or add it there.`);
    }
  }
}

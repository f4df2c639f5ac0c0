import { cliNames } from './cli-names.ts';
import { gitPackets } from './git-packets.ts';
import { httpObjects } from './http-objects.ts';
import { names } from './names.ts';
import type { TargetMaker } from './target.ts';
import { treesByHand } from './trees-by-hand.ts';
import { treesPushed } from './trees-pushed.ts';
import { yamlFiles } from './yaml-files.ts';

export const makers: readonly TargetMaker[] = [yamlFiles, httpObjects, names, cliNames, treesByHand, treesPushed, gitPackets];

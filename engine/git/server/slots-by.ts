import { makeSlots } from './slots.ts';
import type { SlotLimits, Slots } from './slots.ts';

export interface SlotsBy {
  /** As `Slots.take`, of the room that a key has. */
  take(key: string): Promise<(() => void) | undefined>;
}

/** Room of its own for each key; what nobody uses is forgotten. */
export function makeSlotsBy(limits: SlotLimits): SlotsBy {
  const rooms = new Map<string, { readonly slots: Slots; users: number }>();
  return {
    async take(key) {
      const room = rooms.get(key) ?? { slots: makeSlots(limits), users: 0 };
      rooms.set(key, room);
      room.users += 1;
      const leave = () => {
        room.users -= 1;
        if (room.users === 0) rooms.delete(key);
      };
      const release = await room.slots.take();
      if (release === undefined) {
        leave();
        return undefined;
      }
      let given = false;
      return () => {
        if (given) return;
        given = true;
        release();
        leave();
      };
    },
  };
}

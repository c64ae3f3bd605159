import { MemoryDeletedUsers } from '../../support/memory/memoryDeletedUsers';
import { describeDeletedUsersStore } from './deletedUsersContract';

describeDeletedUsersStore('in memory', async () => {
  const store = new MemoryDeletedUsers();
  return { store, damage: async () => store.lose() };
});

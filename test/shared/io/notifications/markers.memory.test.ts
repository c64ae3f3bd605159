import { MemoryMarkers } from '../../../support/memory/memoryNotifications';
import { markersContract } from './markersContract';

describe('markers in memory', () => {
  markersContract(async () => {
    const markers = new MemoryMarkers();
    return { markers, stored: async name => markers.markers.get(name) ?? null };
  });
});

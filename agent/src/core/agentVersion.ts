/** The agent's version: that of its package.json (a test compares them). */
export const agentVersion = '0.1.0';

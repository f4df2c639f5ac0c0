import { describe, expect, it } from 'vitest';
import { isLoopback, readConfig } from './config.ts';

describe('the configuration', () => {
  it('has a default for everything', () => {
    expect(readConfig({}, { terminal: false })).toMatchObject({ host: '127.0.0.1', port: 8700, databaseTimeoutSeconds: 10, mode: 'development', logLevel: 'info' });
  });

  it.each([
    ['CAMELEER_PORT', '70000'],
    ['CAMELEER_PORT', '80a'],
    ['CAMELEER_HOST', 'example.com'],
    ['CAMELEER_MODE', 'prod'],
    ['CAMELEER_LOG_LEVEL', 'loud'],
    ['CAMELEER_DATABASE_TIMEOUT', '0'],
  ])('refuses %s=%s', (name, value) => {
    expect(() => readConfig({ [name]: value }, { terminal: false })).toThrow(expect.objectContaining({ code: 'bad_configuration' }));
  });

  it('takes where the state is, and one such place only', () => {
    const remote = { CAMELEER_STATE_REMOTE: 'https://git.acme.example/state.git', CAMELEER_STATE_TOKEN_FILE: '/run/token', CAMELEER_STATE_POLL: '5' };
    expect(readConfig({ CAMELEER_DATA: '/data' }, { terminal: false })).toMatchObject({ stateRepository: '/data/state.git', keys: '/data/keys', stateQueue: 1000 });
    expect(readConfig(remote, { terminal: false }).stateRemote).toEqual({ url: 'https://git.acme.example/state.git', tokenFile: '/run/token', pollSeconds: 5, deadlineSeconds: 30 });
    expect(() => readConfig({ ...remote, CAMELEER_STATE_REPOSITORY: '/srv/state.git' }, { terminal: false })).toThrow(expect.objectContaining({ code: 'bad_configuration' }));
    expect(() => readConfig({ ...remote, CAMELEER_STATE_POLL: '0' }, { terminal: false })).toThrow(expect.objectContaining({ code: 'bad_configuration' }));
  });

  it('keeps request lines off a terminal, where they would bury the token, unless they are asked for', () => {
    expect(readConfig({}, { terminal: true }).logLevel).toBe('warn');
    expect(readConfig({ CAMELEER_LOG_LEVEL: 'info' }, { terminal: true }).logLevel).toBe('info');
  });

  it('takes an empty variable as not set', () => {
    expect(readConfig({ CAMELEER_PORT: '' }, { terminal: false }).port).toBe(8700);
  });

  it.each([['127.0.0.1', true], ['127.8.0.1', true], ['::1', true], ['localhost', true], ['0.0.0.0', false], ['::', false], ['10.0.0.1', false]])('knows whether %s is loopback', (host, loopback) => {
    expect(isLoopback(host)).toBe(loopback);
  });
});

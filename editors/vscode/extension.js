// The Node entry: starts `lsrc lsp` and connects the editor to it.
const { execFile } = require('node:child_process');
const vscode = require('vscode');
const { LanguageClient } = require('vscode-languageclient/node');

let client;

/** Whether the command can be started. */
function works(command) {
  return new Promise((resolve) => execFile(command, ['--version'], (error) => resolve(!error)));
}

async function activate(context) {
  const settings = vscode.workspace.getConfiguration('lsrc');
  const command = settings.get('path', 'lsrc');
  if (!(await works(command))) {
    const open = 'Open settings';
    const text = `\`${command}\` cannot be started. Install lsrc with \`cargo install lsrc\`, or set lsrc.path.`;
    if ((await vscode.window.showErrorMessage(text, open)) === open) {
      await vscode.commands.executeCommand('workbench.action.openSettings', 'lsrc.path');
    }
    return;
  }
  client = new LanguageClient(
    'lsrc',
    'lsrc',
    { command, args: ['lsp'] },
    {
      documentSelector: [{ language: 'lsr' }],
      initializationOptions: { inlayHints: settings.get('inlayHints') },
      synchronize: { configurationSection: 'lsrc' },
    },
  );
  context.subscriptions.push(client);
  await client.start();
}

function deactivate() {
  return client?.stop();
}

module.exports = { activate, deactivate };

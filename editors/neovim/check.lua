-- Asks the language server for everything that Neovim shows; `editors/check` starts it. Ends with status 1 where something is missing.
local failed = false
local function expect(what, truth, got)
  print((truth and 'ok      ' or 'FAILED  ') .. what .. (truth and '' or ': ' .. vim.inspect(got)) .. '\n')
  failed = failed or not truth
end
local function wait(for_what)
  return vim.wait(10000, for_what, 20)
end

local ok, why = pcall(function()
  vim.filetype.add({ extension = { lsr = 'lsr' } })
  vim.lsp.config('lsrc', { cmd = { vim.env.LSRC, 'lsp' }, filetypes = { 'lsr' }, root_markers = { 'lsrc.toml', '.git' } })
  vim.lsp.enable('lsrc')
  vim.cmd.edit('score.lsr')
  wait(function() return #vim.diagnostic.get(0) > 0 end)
  local client = vim.lsp.get_clients({ bufnr = 0 })[1]
  expect('attached, with positions in bytes', client ~= nil and client.offset_encoding == 'utf-8', client and client.offset_encoding)
  expect('a finding', (vim.diagnostic.get(0)[1] or {}).code == 'unknown-name', vim.diagnostic.get(0))

  local function ask(method, params)
    local answers = vim.lsp.buf_request_sync(0, method, params, 5000)
    return answers and answers[client.id] and (answers[client.id].result or answers[client.id].err)
  end
  local document = vim.lsp.util.make_text_document_params()
  local hover = ask('textDocument/hover', { textDocument = document, position = { line = 3, character = 6 } })
  expect('hover', hover.contents.value:find('property `visits`') ~= nil, hover)
  local items = ask('textDocument/completion', { textDocument = document, position = { line = 3, character = 6 } }).items
  expect('completion', vim.iter(items):any(function(item) return item.label == 'visits' end), items)

  vim.lsp.buf.code_action({
    filter = function(action) return action.title:find('replace') ~= nil end,
    apply = true,
    range = { start = { 5, 5 }, ['end'] = { 5, 9 } },
  })
  wait(function() return vim.api.nvim_buf_get_lines(0, 4, 5, false)[1]:find('visits') ~= nil end)
  wait(function() return #vim.diagnostic.get(0) == 0 end)
  expect('a fix', #vim.diagnostic.get(0) == 0, vim.diagnostic.get(0))

  vim.lsp.buf.format({ async = false })
  expect('layout', vim.api.nvim_buf_get_lines(0, 1, 2, false)[1] == '', vim.api.nvim_buf_get_lines(0, 0, -1, false))
  vim.cmd.write()
  expect('tests', ask('workspace/executeCommand', { command = 'lsrc.runTests', arguments = { document.uri } }) == '1 test passed')
  ask('workspace/executeCommand', { command = 'lsrc.refreshHits', arguments = { document.uri } })
  local function labels()
    return vim.tbl_map(function(hint) return hint.inlay_hint.label end, vim.lsp.inlay_hint.get({ bufnr = 0 }))
  end
  vim.lsp.inlay_hint.enable(true, { bufnr = 0 })
  wait(function() return vim.tbl_contains(labels(), '1 hit (50.0 %)') end)
  expect('ranges and hits', vim.tbl_contains(labels(), '0 to 6') and vim.tbl_contains(labels(), '1 hit (50.0 %)'), labels())
  vim.lsp.codelens.refresh({ bufnr = 0 })
  wait(function() return #vim.lsp.codelens.get(0) > 0 end)
  local lenses = vim.tbl_map(function(lens) return lens.command.title end, vim.lsp.codelens.get(0))
  expect('lenses', vim.tbl_contains(lenses, '1 contact hit') and vim.tbl_contains(lenses, 'passed, run again'), lenses)

  local row = vim.fn.search('visits:', 'w')
  vim.api.nvim_win_set_cursor(0, { row, 3 })
  vim.lsp.buf.rename('views')
  wait(function() return vim.fn.search('views >= 3', 'nw') > 0 end)
  expect('rename', vim.fn.search('views >= 3', 'nw') > 0 and vim.fn.search('from "visits"', 'nw') > 0, vim.api.nvim_buf_get_lines(0, 0, -1, false))
  local first
  wait(function()
    first = (vim.lsp.semantic_tokens.get_at_pos(0, 0, 1) or {})[1]
    return first ~= nil
  end)
  expect('colours', first and first.type == 'keyword', first)
end)
expect('the end', ok, why)
vim.cmd(failed and 'cquit 1' or 'quitall!')

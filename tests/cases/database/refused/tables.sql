CREATE TABLE contacts ("Record ID" TEXT, email TEXT, "Company size" INTEGER, revenue REAL, newsletter INTEGER, last_demo TEXT, tags TEXT, Stage TEXT);
INSERT INTO contacts VALUES
  ('b2', 'b@x.example', 12, 2e6, 1, '2026-01-01', '["Partner"]', 'Sales qualified'),
  ('a1', 'a@x.example', 250, NULL, 0, '2025-12-24', 'vip;other', 'lead'),
  ('c3', 'me@own.example', 5, NULL, NULL, NULL, NULL, NULL),
  ('d4', 'd@x.example', '10-50', 1e7, NULL, 'soon', NULL, 'MARKETING QUALIFIED'),
  ('d4', 'e@x.example', 'n/a', NULL, NULL, NULL, NULL, 'something else');
CREATE TABLE views (contact TEXT, url TEXT, at TEXT);
INSERT INTO views VALUES
  ('a1', 'https://x.example/pricing', '2026-01-10T10:00:00Z'),
  ('a1', 'https://x.example/pricing/eu', '2026-01-11T10:00:00Z'),
  ('a1', 'https://x.example/pricing', '2025-10-11T10:00:00Z'),
  ('b2', 'https://x.example/blog', '2026-01-11T10:00:00Z'),
  ('gone', 'https://x.example/pricing', '2026-01-11T10:00:00Z');
CREATE TABLE precious (id TEXT, story TEXT);
INSERT INTO precious VALUES ('1', 'of a life');
CREATE TABLE imported (id TEXT, email TEXT, employees TEXT, revenue TEXT, newsletter TEXT, last_demo TEXT, tags TEXT, stage TEXT, region TEXT);

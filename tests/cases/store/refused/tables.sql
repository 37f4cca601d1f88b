CREATE TABLE contacts (email TEXT);

-- What the installation keeps about itself: node id, secrets, marks of its jobs. People's settings are pages.
CREATE TABLE setting (
    name TEXT PRIMARY KEY NOT NULL,
    value TEXT
);

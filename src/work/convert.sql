-- name: conversion_insert
INSERT INTO conversion (record_id, at_us) VALUES ($1, $2) ON CONFLICT (record_id) DO NOTHING;

-- name: conversion_put
UPDATE conversion SET account_id = $2, contact_id = $3, deal_id = $4 WHERE record_id = $1;

-- "Where is my event?" asks for the letters of one event, of one request, and of one record.

-- Hashes, since an id is whatever a client wrote: a tree would refuse to hold a very long one, and with it the letter.
create index dead_letters_event on dead_letters using hash (event_id) where event_id <> '';
create index dead_letters_request on dead_letters using hash (request_id) where request_id <> '';
create index dead_letters_record on dead_letters (topic, partition, record_offset);

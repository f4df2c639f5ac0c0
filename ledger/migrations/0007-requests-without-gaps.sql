-- Numbers of change requests are given one after the other: a sequence would skip those of requests that were refused.
alter table change_requests alter column number drop identity;

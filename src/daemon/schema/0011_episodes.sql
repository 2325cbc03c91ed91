-- The limit on turns is one of an episode, which 30 minutes without a message end; so what is left of
-- it is counted beside the turns of the whole conversation.

ALTER TABLE dialogue ADD COLUMN episode_turns INTEGER NOT NULL DEFAULT 0;

UPDATE dialogue SET episode_turns = turns;

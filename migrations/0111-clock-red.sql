-- What was told to be over, goes on and is public: by when that was told.
CREATE INDEX clock_red ON clock (over_us, id) WHERE over_us > 0 AND state <> 'stopped' AND silence <> 'nothing' AND silence <> 'lapsed';

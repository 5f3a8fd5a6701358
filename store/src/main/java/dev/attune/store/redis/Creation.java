package dev.attune.store.redis;

import static dev.attune.store.redis.CompareAndSet.decimal;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.attune.core.profile.ProfileStore.NewPerson;
import java.util.ArrayList;
import java.util.List;

/** New people in one script: what a call to it costs is shared by many. */
final class Creation {
  /** So many that the server is busy with a script for no longer than half a millisecond. */
  private static final int PEOPLE_MAX = 25;

  private static final byte CREATED = '1';

  private Creation() {}

  /** The requests, each for the next of these people. */
  static List<Request<byte[]>> requests(List<NewPerson> people, Keys keys) {
    List<Request<byte[]>> requests = new ArrayList<>();
    for (int from = 0; from < people.size(); from += PEOPLE_MAX) {
      requests.add(request(people.subList(from, Math.min(people.size(), from + PEOPLE_MAX)), keys));
    }
    return requests;
  }

  private static Request<byte[]> request(List<NewPerson> people, Keys keys) {
    List<String> names = new ArrayList<>();
    List<byte[]> values = new ArrayList<>();
    for (NewPerson person : people) {
      names.add(keys.identity(person.identifier()));
      names.add(keys.profile(person.profile().getProfileId()));
      values.add(decimal(person.identity().getVersion()));
      values.add(person.identity().getProfileId().getBytes(UTF_8));
      values.add(person.identity().toByteArray());
      values.add(decimal(person.profile().getVersion()));
      values.add(person.profile().getLive().getServed().toByteArray());
      values.add(person.profile().getLive().getFacts().toByteArray());
    }
    return Request.script(Script.CREATE, names, values);
  }

  /** Whether each was created, from the answers to all requests. */
  static List<Boolean> created(List<byte[]> answers) {
    List<Boolean> created = new ArrayList<>();
    for (byte[] answer : answers) {
      for (byte one : answer) {
        created.add(one == CREATED);
      }
    }
    return created;
  }
}

// The load that the C++ client carries: load.ts in C++, with the same calls and the same checks.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

/** What one round does; load.ts explains its members. */
struct Scenario {
  int connections;
  int inFlight;
  std::string work;
  double seconds;
};

/** What a call gave: an error, which is empty where it succeeded, and a value. */
template <typename T>
using Done = std::function<void(const std::string& error, const T& value)>;

/** One connection of a contestant. */
class LoadClient {
 public:
  virtual ~LoadClient() = default;
  virtual void add(double a, double b, Done<double> done) = 0;
  virtual void echo(const std::string& text, Done<std::string> done) = 0;
  virtual void echoBytes(const std::string& value, Done<std::string> done) = 0;
};

/** Opens a connection. */
using Open = std::function<std::shared_ptr<LoadClient>()>;

/** Answers each scenario of standard input with the line "warm" and then its result. */
void carryLoads(const Open& open);
